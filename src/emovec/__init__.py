"""emovec."""
