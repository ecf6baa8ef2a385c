import Glibc
import NIOCore

/// What the connections of one event loop share: an executor that keeps a request's work on the loop (a request costs no
/// change of thread that way), and the text of the current second.
///
/// `@unchecked`: the cached text is touched on the loop only.
final class LoopContext: TaskExecutor, @unchecked Sendable {
    let loop: any EventLoop
    private var second: time_t = -1
    private var text = ""

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// The `Date` header's value (IMF-fixdate, RFC 9110 §5.6.7), made at most once a second.
    var date: String {
        self.loop.assertInEventLoop()
        let now = time(nil)
        if now != self.second {
            self.second = now
            self.text = Self.imfFixdate(now)
        }
        return self.text
    }

    static func imfFixdate(_ seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
