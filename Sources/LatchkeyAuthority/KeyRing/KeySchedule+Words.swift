extension KeySchedule.Step: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rotate: "the rotation is due"
        case .beget: "a standby is missing"
        case .retire(let kid): "the grace of \(kid) is over"
        }
    }
}
