import ArgumentParser
import LatchkeyVerifier

/// When something ends: a span from now (`90d`, `12h`, `30m`, `45s`, `2w`) or a moment in RFC 3339.
enum Expiry: ExpressibleByArgument {
    case after(seconds: Int64)
    case at(Timestamp)

    init?(argument: String) {
        if let moment = Timestamp(rfc3339: argument) {
            self = .at(moment)
        } else if let seconds = TimeSpan.seconds(argument) {
            self = .after(seconds: seconds)
        } else {
            return nil
        }
    }

    func moment(from now: Timestamp) -> Timestamp {
        switch self {
        case .after(let seconds): now.adding(seconds: seconds)
        case .at(let moment): moment
        }
    }
}

/// A moment that has been: a span back from now, or a moment in RFC 3339.
struct PastMoment: ExpressibleByArgument {
    private let expiry: Expiry

    init?(argument: String) {
        guard let expiry = Expiry(argument: argument) else { return nil }
        self.expiry = expiry
    }

    func moment(before now: Timestamp) -> Timestamp {
        switch expiry {
        case .after(let seconds): now.adding(seconds: -seconds)
        case .at(let moment): moment
        }
    }
}

/// How long something lives: whole seconds, or a number with a unit, as in the daemon's settings.
struct Lifetime: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let isNumber = !argument.isEmpty && argument.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard let seconds = TimeSpan.seconds(isNumber ? argument + "s" : argument) else { return nil }
        self.seconds = seconds
    }
}

/// A number with a unit.
enum TimeSpan {
    /// A hundred years: longer is a slip of the keyboard.
    private static let longest: Int64 = 100 * 366 * 86_400

    /// `nil` for anything but a number from 1 on and one of the units `s`, `m`, `h`, `d` and `w`.
    static func seconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(text.dropLast()), number > 0, number <= longest / unit
        else { return nil }
        return number * unit
    }
}
