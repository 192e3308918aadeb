"""Pictures and objects on their way to people: files, sheets, web pages, notebooks, other viewers."""
