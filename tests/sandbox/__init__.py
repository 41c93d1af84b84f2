"""The made-up firm: the same bytes each time, and the dirt it promises."""
