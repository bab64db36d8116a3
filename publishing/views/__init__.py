"""The pages of publishing: the board with its panel, the log of posts, and what people do with them."""
