"""What stands between the camera and a fit: photographs and lights are corrected and judged."""
