/// The command that examines this machine and what llava would run on it.
package llava4j.cli.doctor;
