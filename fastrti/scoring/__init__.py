"""How close relit pictures come to photographs."""
