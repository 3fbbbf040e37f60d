"""What this app announces to those above it."""

from django.dispatch import Signal

# It only saves time: whoever misses it finds the comment PENDING in the database.
comment_submitted = Signal()  # arguments: comment_id (int), revision (int); sent after the commit
# A reply waits until its author has shown what the publication requires.
reply_kept = Signal()  # argument: kept (KeptReply); sent after the commit
