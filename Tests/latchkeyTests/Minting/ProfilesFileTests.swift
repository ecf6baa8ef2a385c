import FoundationEssentials
import Glibc
import LatchkeyScopes
import LatchkeyServer
import Testing

@testable import latchkey

@Suite struct ProfilesFiles {
    private func read(_ text: String) throws -> [Profile] { try ProfilesReader(path: "p.json").profiles(Array(text.utf8)) }

    @Test func `a file of profiles is read in its order`() throws {
        let profiles = try read(
            #"""
            {"profiles":{
              "b":{"description":"ä","routes":["POST /v1/identities"],"files":[{"path":"/docs//*","actions":["read","write"]}],
                   "scopes":["relaycast:channel:send","printer:page:read:*"]},
              "a":{"scopes":["*"]}}}
            """#)
        #expect(profiles.map(\.name) == ["b", "a"] && profiles[0].description == "ä" && profiles[1].description == nil)
        #expect(profiles[0].routes.map(\.description) == ["POST /v1/identities"])
        #expect(
            profiles[0].ownScopes.texts == [
                "relayfile:fs:read:/docs/*", "relayfile:fs:write:/docs/*", "relaycast:channel:send:*", "printer:page:read:*",
            ])
    }

    static let refused: [(text: String, says: String)] = [
        ("", "is not JSON"), ("{", "is not JSON"), (#"{"profiles":{"a":{"scopes":["*"]}}} x"#, "is not JSON"),
        ("[]", "the top level is no object"), ("{}", #"the top level has no member "profiles""#),
        (
            #"{"profiles":{"a":{"scopes":["*"]}},"profile":{}}"#,
            #"the top level has a member profile that is not known; did you mean "profiles"?"#
        ),
        (#"{"profiles":[]}"#, "profiles is no object with a profile in it"),
        (#"{"profiles":{}}"#, "profiles is no object with a profile in it"),
        (#"{"profiles":{"a":{"scopes":["*"]},"a":{"scopes":["*"]}}}"#, "profiles has the member a twice"),
        (#"{"profiles":{"a":{"scopes":["*"],"scopes":[]}}}"#, "profiles.a has the member scopes twice"),
        (#"{"profiles":{"a":"*"}}"#, "profiles.a is no object"), (#"{"profiles":{"a":{}}}"#, "profiles.a promises nothing"),
        (#"{"profiles":{"a b":{"scopes":["*"]}}}"#, "profiles.a b is no name of a profile"),
        (#"{"profiles":{"a":{"scope":["*"]}}}"#, #"profiles.a has a member scope that is not known; did you mean "scopes"?"#),
        (
            #"{"profiles":{"a":{"x y":1}}}"#,
            #"profiles.a has a member "x y" that is not known: known are description, routes, files, scopes"#
        ),
        (#"{"profiles":{"a":{"scopes":"*"}}}"#, "profiles.a.scopes is no list"),
        (#"{"profiles":{"a":{"scopes":["*",1]}}}"#, "profiles.a.scopes[1] is no text"),
        (#"{"profiles":{"a":{"scopes":["relayfile:fs:raed"]}}}"#, #"did you mean "relayfile:fs:read:*"?"#),
        (#"{"profiles":{"a":{"scopes":["relayfile:fs:raed"]}}}"#, "profiles.a.scopes[0] is no scope: unknown action"),
        (
            #"{"profiles":{"a":{"scopes":["*","relayauth:identiy:read"]}}}"#,
            #"profiles.a.scopes[1] is a slip: nothing of the plane relayauth asks for the resource "identiy"; did you mean "relayauth:identity:read:*"?"#
        ),
        (#"{"profiles":{"a":{"routes":["/v1/x"]}}}"#, "profiles.a.routes[0] is no route"),
        (#"{"profiles":{"a":{"files":["/docs"]}}}"#, "profiles.a.files[0] is no object"),
        (#"{"profiles":{"a":{"files":[{"actions":["read"]}]}}}"#, #"profiles.a.files[0] has no member "path""#),
        (#"{"profiles":{"a":{"files":[{"path":"/a"}]}}}"#, "profiles.a.files[0] names no action"),
        (
            #"{"profiles":{"a":{"files":[{"path":"/a","actions":["read","wriet"]}]}}}"#,
            "profiles.a.files[0].actions[1] is no action; did you mean"
        ),
        (#"{"profiles":{"a":{"files":[{"path":"a","actions":["read"]}]}}}"#, "profiles.a.files[0].path is no path of files"),
        (
            #"{"profiles":{"a":{"files":[{"path":"/a","actions":["read"],"action":1}]}}}"#,
            "profiles.a.files[0] has a member action that is not known"
        ),
        (#"{"profiles":{"a":{"description":1,"scopes":["*"]}}}"#, "profiles.a.description is no text"),
        (
            #"{"profiles":{"a":{"description":"\#(String(repeating: "x", count: 501))","scopes":["*"]}}}"#,
            "profiles.a.description is longer than 500"
        ),
        (
            #"{"profiles":{"a":{"scopes":[\#(Array(repeating: "\"*\"", count: 101).joined(separator: ","))]}}}"#,
            "profiles.a.scopes has more than 100"
        ),
        (
            #"{"profiles":{\#((0..<101).map { #""p\#($0)":{"scopes":["*"]}"# }.joined(separator: ","))}}"#,
            "profiles has more than 100 members"
        ),
    ]

    @Test(arguments: refused) func `what is no profile is refused with its place`(text: String, says: String) {
        #expect { try read(text) } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.code == .usage && failure.message.contains(says)
        }
    }

    @Test func `a file that anybody may write, that is too long or that is none, is not read`() throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        try scratch.write(#"{"profiles":{"a":{"scopes":["*"]}}}"#, to: "p")
        #expect(try ProfilesFile.read(scratch["p"]).profiles.count == 1)
        #expect(chmod(scratch["p"], 0o646) == 0)
        #expect { try ProfilesFile.read(scratch["p"]) } throws: { "\($0)".contains("may be written by everybody") }
        try scratch.write(#"{"profiles":{"a":{"scopes":["*"]}}}"# + String(repeating: " ", count: 262_144), to: "long")
        #expect { try ProfilesFile.read(scratch["long"]) } throws: { "\($0)".contains("longer than 256 KiB") }
        #expect { try ProfilesFile.read(scratch.path) } throws: { "\($0)".contains("not a regular file") }
        #expect(throws: CommandFailure(.usage, "")) { try ProfilesFile.read(scratch["nowhere"]) }
    }

    /// One edit of every known route: it is another route, or the nearest one that is told is that one edit away.
    @Test func `a slip in any route is refused with a route that is as near`() {
        let routes = RouteTable.api.routes.map { RouteName($0.facts) }
        let known = KnownRoutes(routes.map { .init($0, needs: .scopes([])) })
        for route in routes {
            for place in route.path.indices.dropFirst(2) where !route.path[place...].hasPrefix("{") {
                var path = route.path
                path.remove(at: place)
                let slip = RouteName(method: route.method, path: path)
                if known.find(slip) != nil { continue }
                #expect(known.nearest(to: slip) != nil, "\(slip)")
            }
        }
    }
}
