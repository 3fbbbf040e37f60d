"""What `make bench` measures. Loopback only, bounded in time, on an installation of its own that is removed afterwards."""
