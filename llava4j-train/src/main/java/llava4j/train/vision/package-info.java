/// Image features for the projector: frozen vision tower, feature cache, trained vision tower.
package llava4j.train.vision;
