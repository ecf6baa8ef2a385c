import ArgumentParser
import LatchkeyVerifier

/// The metadata that an identity is made with.
struct MetadataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Something to remember about it; may be repeated.", valueName: "name=value"))
    var metadata: [MetadataPair] = []

    func validate() throws {
        let names = metadata.map { Array($0.name.utf8) }
        guard Set(names).count == names.count else { throw ValidationError("--metadata names one thing twice") }
    }

    func write(to writer: inout JSONWriter) {
        writer.key("metadata")
        writer.object { writer in
            for pair in metadata {
                writer.key(escaping: pair.name)
                writer.string(pair.value)
            }
        }
    }
}
