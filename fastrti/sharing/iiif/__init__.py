"""The export to IIIF: pictures for the Image API, manifests for the Presentation API."""
