"""The faces: HTTP API, Gradio pages, the shop page with its widget."""
