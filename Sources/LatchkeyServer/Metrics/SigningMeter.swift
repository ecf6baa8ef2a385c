import LatchkeyAuthority

/// What is counted of signatures: how many wait, how long they waited, how long they took.
final class SigningMeter: Sendable {
    private let asked = Counter()
    private let begun = Counter()
    let waits = Histogram()
    let times = Histogram()

    /// What the authority is to tell.
    var observer: SigningObserver {
        SigningObserver(
            asked: { self.asked.add() },
            began: { waited in
                self.begun.add()
                self.waits.record(Int(clamping: waited))
            },
            ended: { took in self.times.record(Int(clamping: took)) })
    }

    /// Signatures that wait for a thread.
    var waiting: Int {
        // What has begun first: one that begins in between must not make the difference negative.
        let begun = begun.value
        return asked.value - begun
    }
}
