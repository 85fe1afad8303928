"""Sign-ups on a `pykka.ThreadingActor` for each account, one for each plan and one that stores: one commit each."""
