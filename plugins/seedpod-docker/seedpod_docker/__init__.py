"""An executor whose containers are those of a Docker Engine, or of Podman's compatible socket."""
