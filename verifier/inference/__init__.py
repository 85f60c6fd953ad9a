"""Networks that run: by OpenVINO from ONNX files, or by torch where OpenVINO is not installed."""
