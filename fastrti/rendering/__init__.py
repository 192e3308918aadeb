"""Drawing objects: pictures under any light, enhanced pictures, normals."""
