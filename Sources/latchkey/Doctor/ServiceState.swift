/// How a part of the install is, by the daemon's status.
enum ServiceState {
    case well
    case ill(String, isUnhealthy: Bool)

    /// `nil` when the status does not speak of it: that is no good news.
    init?(_ name: String, in status: JSONValue) {
        guard let service = status["services"]?[name], let level = service["status"]?.text else { return nil }
        guard level != "healthy" else {
            self = .well
            return
        }
        self = .ill(service["detail"]?.text ?? service["reason"]?.text ?? level, isUnhealthy: level == "unhealthy")
    }

    /// Of several parts; `nil` when the status does not speak of one of them.
    static func all(_ names: [String], in status: JSONValue) -> [ServiceState]? {
        let states = names.compactMap { ServiceState($0, in: status) }
        return states.count == names.count ? states : nil
    }

    /// What is wrong with it.
    var trouble: String? { if case .ill(let sentence, _) = self { sentence } else { nil } }
}
