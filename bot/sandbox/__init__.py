"""A class in the browser: the emulated platform, a page of chats and a clock that can be moved."""
