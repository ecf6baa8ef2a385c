import Glibc
import Testing

@testable import LatchkeyServer

@Suite("The service manager")
struct ServiceManagerTests {
    private static func manager(_ variables: [String: String]) -> ServiceManager {
        ServiceManager(variables: variables, process: getpid())
    }

    @Test("Hears all words of one moment in one message, at a path or at a name without a file", arguments: [false, true])
    func words(hasFile: Bool) throws {
        let scratch = Scratch()
        let socket = try NotifySocket(hasFile ? scratch.path + "/notify" : "@latchkey-test-\(getpid())")
        let manager = Self.manager(["NOTIFY_SOCKET": socket.name])
        #expect(manager.tell(.ready, .status("listening on\nWATCHDOG=trigger")))
        manager.tell(.alive)
        manager.tell(.stopping)
        #expect(socket.messages == [["READY=1", "STATUS=listening on WATCHDOG=trigger"], ["WATCHDOG=1"], ["STOPPING=1"]])
    }

    @Test(
        "Is none where the environment names none, and then nothing is said",
        arguments: [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative/path"], ["WATCHDOG_USEC": "1000000"]])
    func none(variables: [String: String]) {
        let manager = Self.manager(variables)
        #expect(manager.patience == nil && !manager.tell(.ready))
    }

    @Test("That nobody reads holds nobody up")
    func gone() {
        #expect(!Self.manager(["NOTIFY_SOCKET": Scratch().path + "/gone"]).tell(.ready))
        #expect(!Self.manager(["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)]).tell(.ready))
    }

    @Test("Watches this process when it says so, and not when it means another one")
    func patience() {
        let base = ["NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000"]
        #expect(Self.manager(base).patience == .seconds(30))
        #expect(Self.manager(base.merging(["WATCHDOG_PID": "\(getpid())"]) { $1 }).patience == .seconds(30))
        for other in ["1", "x", ""] { #expect(Self.manager(base.merging(["WATCHDOG_PID": other]) { $1 }).patience == nil) }
        for count in ["0", "-1", "x", ""] { #expect(Self.manager(base.merging(["WATCHDOG_USEC": count]) { $1 }).patience == nil) }
    }

    @Test("Hears a beat twice in its time, and never so often that there is nothing else")
    func pause() {
        for (given, pause) in [("30000000", Duration.seconds(15)), ("1", .milliseconds(100))] {
            let manager = Self.manager(["NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": given])
            #expect(Heartbeat(manager, checks: []).pause == pause)
        }
    }

    @Test("Hears no beat before every part of the daemon has answered, and none when one can't")
    func beat() async throws {
        struct Broken: Error {}
        let scratch = Scratch()
        let socket = try NotifySocket(scratch.path + "/notify")
        let manager = Self.manager(["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "30000000"])
        let (asked, mayAnswer) = (Latch(), Latch())
        let heartbeat = Heartbeat(
            manager,
            checks: [
                {},
                {
                    asked.open()
                    await mayAnswer.wait()
                },
            ])
        async let beat: Void = heartbeat.beat()
        await asked.wait()
        #expect(socket.messages.isEmpty)
        mayAnswer.open()
        await beat
        #expect(socket.messages == [["WATCHDOG=1"]])
        await Heartbeat(manager, checks: [{}, { throw Broken() }]).beat()
        #expect(socket.messages.isEmpty)
    }
}
