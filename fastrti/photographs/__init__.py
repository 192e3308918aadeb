"""Reading photographs: picture files, light lists, and the collection they make."""
