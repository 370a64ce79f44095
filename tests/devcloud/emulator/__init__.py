"""The Redfish emulator of the cloud; runs in its virtual environment."""
