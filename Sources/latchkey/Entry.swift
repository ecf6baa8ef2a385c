import ArgumentParser
import Glibc
import LatchkeyServer

/// Where the program begins: it parses, runs the command, and turns how that went into an exit code (contract §10).
@main
enum Entry {
    static func main() async {
        Hardening.apply()
        exit(await run().rawValue)
    }

    private static func run() async -> ExitStatus {
        do {
            var command = try Latchkey.parseAsRoot(DashedKeyIds.arguments(Array(CommandLine.arguments.dropFirst())))
            if let serve = command as? Serve {
                // Here, before anything else runs: it takes variables out of the environment, which other threads may be reading later.
                try await serve.run(inherited: BoundSocket.inherited(), manager: ServiceManager.inherited())
            } else if var command = command as? any AsyncCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return end(error)
        }
    }

    private static func end(_ error: any Error) -> ExitStatus {
        guard let failure = CommandFailure(error) else {
            do {
                try Output.line(Latchkey.fullMessage(for: error))
                return .done
            } catch {
                Output.failure(error)
                return error.code
            }
        }
        Output.failure(failure)
        return failure.code
    }
}
