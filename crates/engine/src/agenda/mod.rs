//! Obligations with a due time.
