"""Papers to read and to print: the guidebook of a pack, and the training plan of a business."""
