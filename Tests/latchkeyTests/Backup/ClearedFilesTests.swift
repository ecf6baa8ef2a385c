import Glibc
import Testing

@testable import latchkey

/// What a backup clears away beside itself: what nobody holds any more.
@Suite struct ClearedFilesTests {
    @Test func `a file that waits for a secret is somebody's, and what a killed process left is nobody's`() async throws {
        try await ScratchDirectory.with { scratch in
            let left = try TemporaryName.make()
            try scratch.write("left behind", to: left)
            let file = try KeyFile(path: scratch["a.key"], replaces: false)
            for name in scratch.names {
                let before = timeval(tv_sec: time(nil) - 120, tv_usec: 0)
                var times = [before, before]
                utimes(scratch[name], &times)
            }
            WholeFile.clear(beside: scratch["b.backup"])
            let names = scratch.names
            // Held until here.
            let path = file.path
            #expect(names.count == 1 && names != [left] && path == scratch["a.key"])
        }
    }
}
