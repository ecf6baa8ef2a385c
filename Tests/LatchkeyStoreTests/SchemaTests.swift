import LatchkeyStore
import Testing

@Suite("Schema versions and migration")
struct SchemaTests {
    let scratch = Scratch()

    private func makeOld() throws {
        let store = try scratch.open(Tables.schema(version: 1, writer: "latchkey 1.0"))
        try store.writeAndWait { transaction in
            try transaction.put(Tables.names, "a", Name(text: "Ada"))
            try transaction.put(Tables.names, "b", Name(text: "Bob"))
        }
        store.close()
    }

    private static let shout: Schema.Migration = { transaction in
        var all: [(String, Name)] = []
        try transaction.scan(Tables.names, limit: 1000) { key, row in
            all.append((key, row))
            return true
        }
        for (key, row) in all { try transaction.put(Tables.names, key, Name(text: row.text + "!")) }
    }

    @Test func `a newer store is refused, and the message names the version that wrote it`() throws {
        try scratch.open(Tables.schema(version: 3, writer: "latchkey 9.9.1")).close()
        let error = storeError { _ = try scratch.open(Tables.schema(version: 2, writer: "latchkey 1.0")) }
        #expect(error?.code == .newer)
        #expect(error?.message.contains("latchkey 9.9.1") == true)
        try scratch.open(Tables.schema(version: 3, writer: "latchkey 9.9.1")).close()
    }

    @Test func `an older store goes through all migrations in order`() throws {
        try makeOld()
        let mark: Schema.Migration = { try $0.put(Tables.names, "c", Name(text: "Cy")) }
        let store = try scratch.open(Tables.schema(version: 3, writer: "latchkey 3.0", migrations: [1: mark, 2: Self.shout]))
        #expect(try store.read { try $0.get(Tables.names, "a") } == Name(text: "Ada!"))
        #expect(try store.read { try $0.get(Tables.names, "c") } == Name(text: "Cy!"))
        store.close()
        #expect(storeError { _ = try scratch.open(Tables.schema(version: 1)) }?.code == .newer)
        // They don't run a second time.
        let again = try scratch.open(Tables.schema(version: 3, migrations: [1: mark, 2: Self.shout]))
        defer { again.close() }
        #expect(try again.read { try $0.get(Tables.names, "a") } == Name(text: "Ada!"))
    }

    @Test func `a migration that fails leaves the store as it was`() throws {
        try makeOld()
        let fail: Schema.Migration = { transaction in
            try transaction.delete(Tables.names, "a")
            throw Refusal()
        }
        let schema = Tables.schema(version: 3, migrations: [1: Self.shout, 2: fail])
        #expect(storeError { _ = try scratch.open(schema) }?.code == .notOpenable)
        let old = try scratch.open(Tables.schema(version: 1))
        defer { old.close() }
        #expect(try old.read { try $0.get(Tables.names, "a") } == Name(text: "Ada"))
    }

    @Test func `an older store without a migration can't be opened, and stays as it was`() throws {
        try makeOld()
        let error = storeError { _ = try scratch.open(Tables.schema(version: 3, migrations: [2: Self.shout])) }
        #expect(error?.code == .notOpenable)
        #expect(error?.message.contains("latchkey 1.0") == true)
        try scratch.open(Tables.schema(version: 1)).close()
    }

    @Test func `the last program that opened the store is named`() throws {
        try scratch.open(Tables.schema(version: 2, writer: "latchkey 1.0")).close()
        try scratch.open(Tables.schema(version: 2, writer: "latchkey 1.5")).close()
        let error = storeError { _ = try scratch.open(Tables.schema(version: 1, writer: "latchkey 0.9")) }
        #expect(error?.message.contains("latchkey 1.5") == true)
    }
}
