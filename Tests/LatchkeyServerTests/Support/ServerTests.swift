import Testing

/// All tests over real sockets. One after the other: some measure this process's memory, and two cores are soon busy.
@Suite(.serialized, .timeLimit(.minutes(3)))
enum ServerTests {}
