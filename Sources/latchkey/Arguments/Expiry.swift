import ArgumentParser
import LatchkeyVerifier

/// When something ends: a span from now (`90d`, `12h`, `30m`, `45s`, `2w`) or a moment in RFC 3339.
enum Expiry: ExpressibleByArgument {
    case after(seconds: Int64)
    case at(Timestamp)

    /// A hundred years: longer is a slip of the keyboard.
    private static let longest: Int64 = 100 * 366 * 86_400

    init?(argument: String) {
        if let moment = Timestamp(rfc3339: argument) {
            self = .at(moment)
            return
        }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = argument.last.flatMap({ units[$0] }), argument.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(argument.dropLast()), number > 0, number <= Self.longest / unit
        else { return nil }
        self = .after(seconds: number * unit)
    }

    func moment(from now: Timestamp) -> Timestamp {
        switch self {
        case .after(let seconds): now.adding(seconds: seconds)
        case .at(let moment): moment
        }
    }
}
