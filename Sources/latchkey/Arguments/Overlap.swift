import ArgumentParser

/// How long a replaced key lives on: nothing, or a lifetime of at most what the daemon allows.
struct Overlap: ExpressibleByArgument {
    /// In seconds.
    static let longest: Int64 = 7 * 86_400

    let seconds: Int64

    init?(argument: String) {
        if argument == "0" || argument == "0s" {
            seconds = 0
            return
        }
        guard let lifetime = Lifetime(argument: argument), lifetime.seconds <= Self.longest else { return nil }
        seconds = lifetime.seconds
    }
}
