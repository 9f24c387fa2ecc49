/// Frames of videos, cut by FFmpeg's programs, which are downloaded only for who asks for them.
package llava4j.eval.video;
