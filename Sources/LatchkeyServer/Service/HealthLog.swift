import LatchkeyAuthority
import Logging

/// Tells the log when a part of the install stops to be well, and when it is well again: each change once.
struct HealthLog: Sendable {
    /// What is wrong with each part that isn't well, in words that stay the same while it is.
    private var told: [String: String] = [:]

    mutating func tell(_ services: [ServiceHealth], _ logger: Logger) {
        for service in services {
            let problem = service.level == .healthy ? nil : service.summary ?? service.level.rawValue
            guard problem != told[service.name] else { continue }
            told[service.name] = problem
            if problem == nil {
                logger.notice("\(service.name) is well again")
            } else {
                logger.error("\(service.detail ?? service.summary ?? service.name)")
            }
        }
    }
}
