import FoundationEssentials
import HTTPTypes
import LatchkeyScopes
@testable import LatchkeyServer
import Testing

@Suite("The OpenAPI document")
struct DocumentTests {
    private static let tables: [(Surface, JSON)] = Surface.allCases.map { surface in
        let document = OpenAPIDocument(table: .api, surface: surface, version: "0.0-test", planes: .builtIn)
        return (surface, try! JSON(document.json.bytes))
    }

    /// Every operation with its path and method.
    static func operations(_ document: JSON) -> [(path: String, method: String, operation: JSON)] {
        guard case .object(let paths)? = document["paths"] else { return [] }
        return paths.flatMap { path, item -> [(String, String, JSON)] in
            guard case .object(let methods) = item else { return [] }
            return methods.map { (path, $0.key.uppercased(), $0.value) }
        }
    }

    private static func visit(_ node: JSON, _ see: (String, JSON) -> Void) {
        switch node {
        case .object(let members):
            for (name, member) in members {
                see(name, member)
                visit(member, see)
            }
        case .array(let elements): for element in elements { visit(element, see) }
        default: break
        }
    }

    @Test("has every route that its door serves, and no other")
    func routes() {
        for (surface, document) in Self.tables {
            let there = Set(Self.operations(document).map { "\($0.method) \($0.path)" })
            let served = Set(RouteTable.api.routes(on: surface).map { "\($0.method.rawValue) \($0.path)" })
            #expect(there == served)
        }
        #expect(Self.operations(Self.tables[0].1).count < Self.operations(Self.tables[1].1).count, "the socket has more")
    }

    @Test("has no reference that leads nowhere, and no component that nothing refers to")
    func references() {
        for (_, document) in Self.tables {
            var used: Set<String> = []
            Self.visit(document) { name, value in if name == "$ref", let text = value.text { used.insert(text) } }
            #expect(!used.isEmpty)
            for reference in used { #expect(SchemaCheck(document: document).resolve(reference) != nil, "\(reference)") }
            for kind in ["schemas", "responses"] {
                for name in document["components"]?[kind]?.names ?? [] { #expect(used.contains("#/components/\(kind)/\(name)"), "\(name)") }
            }
        }
    }

    @Test("names each operation once, with the parameters of its path, what it needs and each status by itself")
    func operations() {
        for (_, document) in Self.tables {
            let all = Self.operations(document)
            let names = all.compactMap { $0.operation["operationId"]?.text }
            #expect(names.count == all.count && Set(names).count == names.count)
            for (path, method, operation) in all {
                let route = RouteTable.api.routes.first { $0.path == path && $0.method.rawValue == method }!
                let parameters = operation["parameters"]?.elements ?? []
                let inPath = parameters.filter { $0["in"]?.text == "path" }
                #expect(inPath.compactMap { $0["name"]?.text } == route.facts.pathNames, "\(path)")
                #expect(inPath.allSatisfy { $0["required"]?.flag == true })
                let places = parameters.map { "\($0["in"]?.text ?? "") \($0["name"]?.text ?? "")" }
                #expect(Set(places).count == places.count, "\(path)")
                #expect(operation["x-required-scopes"]?.texts ?? [] == route.access.scopes.map(\.text))
                #expect((operation["security"]?.elements ?? []).isEmpty == route.access.isOpen)
                let statuses = operation["responses"]?.names ?? []
                #expect(statuses.allSatisfy { Int($0) != nil } && !statuses.contains("500"))
                #expect(statuses.isSuperset(of: route.access.isOpen ? ["405"] : ["400", "401", "403", "405"]), "\(path)")
                #expect(method == "GET" || statuses.isSuperset(of: ["408", "413", "503"]), "\(path)")
            }
        }
    }

    @Test("shows examples that its own schemas allow")
    func examples() {
        for (_, document) in Self.tables {
            let check = SchemaCheck(document: document)
            var seen = 0
            func look(_ holder: JSON, _ place: String) {
                guard let schema = holder["schema"], let example = holder["example"] else { return }
                seen += 1
                #expect(check.faults(example, schema, at: place) == [])
            }
            for (path, method, operation) in Self.operations(document) {
                for parameter in operation["parameters"]?.elements ?? [] { look(parameter, "\(method) \(path)") }
                look(operation["requestBody"]?["content"]?["application/json"] ?? .null, "\(method) \(path) body")
                for status in operation["responses"]?.names ?? [] {
                    var response = operation["responses"]![status]!
                    if let reference = response["$ref"]?.text { response = check.resolve(reference) ?? .null }
                    look(response["content"]?["application/json"] ?? .null, "\(method) \(path) \(status)")
                }
            }
            #expect(seen > 50)
        }
    }

    @Test("shows bodies that the routes can read")
    func bodies() throws {
        func read<Body: RequestBodyType>(_ type: Body.Type) throws {
            _ = try JSONDecoder().decode(Body.self, from: Data(Body.schema.example.bytes))
        }
        for route in RouteTable.api.routes { if let body = route.body { try read(body.type) } }
    }

    @Test("describes the members that bodies read, no more and no fewer")
    func members() throws {
        func members<Body: RequestBodyType>(_ type: Body.Type) throws -> [String: DecodingProbe.Asked] {
            try DecodingProbe.members(of: type)
        }
        for route in RouteTable.api.routes {
            guard let body = route.body else { continue }
            var asked = try members(body.type)
            for property in body.schema.properties {
                let found = asked.removeValue(forKey: property.name)
                let member = try #require(found, "\(body.type) does not read \(property.name)")
                // Of a body that names one of several things, none is required by itself.
                #expect(property.isRequired == !member.mayBeAbsent, "\(body.type).\(property.name)")
                #expect(Self.kind(property.schema) == Self.kind(member.type), "\(body.type).\(property.name)")
            }
            #expect(asked.isEmpty, "\(body.type) reads what its schema does not have: \(asked.keys)")
            // A body may be needed all the same, where it has to say at least something.
            // A body of which one of several members is wanted can't be absent, though no member is required by itself.
            if case .oneOf = body.schema.resolved.form { continue }
            #expect(body.mayBeAbsent == body.schema.properties.allSatisfy { !$0.isRequired }, "\(body.type)")
        }
    }

    private static func kind(_ schema: Schema) -> String {
        switch schema.resolved.form {
        case .string: "string"
        case .boolean: "boolean"
        case .integer, .number: "number"
        case .array: "array"
        case .map: "map"
        default: "another"
        }
    }

    private static func kind(_ type: String) -> String {
        switch type {
        case "String": "string"
        case "Bool": "boolean"
        case "Int", "Int64", "Double", "WireNumber": "number"
        case "Array<String>": "array"
        case "Dictionary<String, String>": "map"
        case "WireMoment": "another"
        default: type
        }
    }

    @Test("links each change to the routes that take what it names, by names and parameters that are there")
    func links() {
        for (_, document) in Self.tables {
            let byName = Dictionary(uniqueKeysWithValues: Self.operations(document).map { ($0.operation["operationId"]!.text!, $0) })
            func links(_ name: String, _ status: String) -> Set<String> {
                byName[name]?.operation["responses"]?[status]?["links"]?.names ?? []
            }
            #expect(links("createIdentity", "201").isSuperset(of: ["getIdentity", "issueToken", "revokeToken"]))
            #expect(links("suspendIdentity", "200").isSuperset(of: ["reactivateIdentity", "issueToken"]))
            #expect(links("mintApiKey", "201").isSuperset(of: ["getApiKey", "revokeApiKey"]))
            #expect(links("revokeApiKey", "200").isSuperset(of: ["getApiKey", "revokeApiKey"]))
            #expect(links("issueToken", "201").isSuperset(of: ["refreshToken", "introspectToken", "introspectTokenInBody"]))
            #expect(links("refreshToken", "200").isSuperset(of: ["refreshToken", "introspectTokenInBody"]))
            #expect(links("introspectTokenInBody", "200").isSuperset(of: ["revokeToken", "getRevocation"]))
            #expect(links("rotateApiKey", "201").isSuperset(of: ["getApiKey", "revokeApiKey", "rotateApiKey"]))
            #expect(links("mintOrganisationToken", "200").isSuperset(of: ["revokeOrganisationToken"]))
            #expect(links("getIdentity", "200").isEmpty)
            for (_, method, operation) in byName.values {
                for status in operation["responses"]?.names ?? [] {
                    guard case .object(let links)? = operation["responses"]?[status]?["links"] else { continue }
                    #expect(method != "GET")
                    for (_, link) in links {
                        let target = byName[link["operationId"]?.text ?? ""]?.operation
                        let names = Set((target?["parameters"]?.elements ?? []).compactMap { $0["name"]?.text })
                        #expect(names.isSuperset(of: link["parameters"]?.names ?? []) && target != nil)
                    }
                }
            }
        }
    }

    @Test("knows each error code of the domain, each with a status and a meaning")
    func codes() {
        for code in AuthorityCodes.all { #expect(ErrorCode(rawValue: code) != nil, "\(code)") }
        for code in ErrorCode.allCases { #expect((400...599).contains(code.status.code) && !code.meaning.isEmpty) }
    }

    @Test("has the same bytes each time")
    func deterministic() {
        func bytes() -> [UInt8] { OpenAPIDocument(table: .api, surface: .network, version: "1", planes: .builtIn).json.bytes }
        #expect(bytes() == bytes())
    }
}
