import FoundationEssentials
import LatchkeyServer
import Logging

/// Log messages in the host's journal, with their fields as fields: `journalctl LATCHKEY_REQUEST_ID=…` finds all that one request did.
/// The text is the line that standard error would have; there it goes when the journal takes nothing.
struct JournalLogHandler: LogHandler {
    private let journal: Journal
    private var lines = LineLogHandler()
    private let otherwise: @Sendable (String) -> Void

    /// - Parameter otherwise: gets the line when the journal takes nothing.
    init(_ journal: Journal, otherwise: @escaping @Sendable (String) -> Void = { Output.note($0) }) {
        self.journal = journal
        self.otherwise = otherwise
    }

    /// `nil` when this process does not log to the journal.
    static var ofThisProcess: (any LogHandler)? {
        Journal(variable: ProcessInfo.processInfo.environment["JOURNAL_STREAM"]).map { JournalLogHandler($0) }
    }

    var metadata: Logger.Metadata {
        get { lines.metadata }
        set { lines.metadata = newValue }
    }
    var metadataProvider: Logger.MetadataProvider? {
        get { lines.metadataProvider }
        set { lines.metadataProvider = newValue }
    }
    var logLevel: Logger.Level {
        get { lines.logLevel }
        set { lines.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { lines[metadataKey: key] }
        set { lines[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = lines.fields(of: event)
        let line = LineLogHandler.line(event, fields)
        var entry = JournalEntry(priority: Self.priority(event.level), message: Shown.text(line))
        for (name, value) in fields { entry.add(name, "\(value)") }
        if !journal.write(entry) { otherwise(line) }
    }

    /// As syslog(3) counts.
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
