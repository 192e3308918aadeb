"""File formats of relightable objects: one file a format, each a reader into `Relightable`."""
