"""Media adapters against real bytes, real servers and a real S3 API."""
