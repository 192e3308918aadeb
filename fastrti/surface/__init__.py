"""What a relightable object tells of its surface: albedo, normals, height, roughness."""
