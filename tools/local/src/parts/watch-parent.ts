// Loaded before a part's own script (`node --import`), which knows nothing of the supervisor.

// A supervisor that was gone before this file was loaded: the event has passed.
if (process.connected === false) process.exit(1);

if (process.channel) {
  // A part must not outlive the supervisor, however that one ends: the channel closes when it is gone.
  process.once('disconnect', () => process.exit(1));
  // A part that has nothing left to do may end.
  process.channel.unref();
  // Ctrl-C reaches every process of the group at once. The supervisor asks them to end, one stage after the other.
  process.on('SIGINT', () => undefined);
}
