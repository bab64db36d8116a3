"""The REST API's ground: tokens, errors, limits, pages. What can be asked stands in each app's own `api` routers."""
