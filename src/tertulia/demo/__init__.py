"""A fictional co-operative and its papers, for trying the product without a document of your own."""
