"""What a relightable object is: coefficient planes, and the decoder that turns a light into a network. numpy only."""
