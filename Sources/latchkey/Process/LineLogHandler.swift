import Glibc
import Logging

/// Log messages on standard error, one line each, without colour and without a time: the journal of the service manager adds that.
///
/// `listening on http://…`, then `warning: …` and `error: …` for what needs attention; fields follow as `name=value`. Control characters
/// are escaped, so that no request can forge a line.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        var line = Self.prefix(event.level) + event.message.description
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) { line += " \(name)=\(value)" }
        Output.note(line)
    }

    private static func prefix(_ level: Logger.Level) -> String {
        switch level {
        case .info, .notice: ""
        case .trace, .debug, .warning, .error: "\(level.rawValue): "
        case .critical: "error: "
        }
    }
}
