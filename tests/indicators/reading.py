"""What a reader sees of a page."""

import re


def text(response):
    """The words of the page's main part, white space removed."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"<script.*?</script>|<datalist.*?</datalist>|<noscript.*?</noscript>|<[^>]+>|\s", "", main, flags=re.DOTALL)
