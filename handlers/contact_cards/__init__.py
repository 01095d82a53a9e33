"""Contact cards 家校联系卡: a line about one child, for its family alone, signed by a tap."""
