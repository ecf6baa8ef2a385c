// swift-tools-version:6.2
import PackageDescription

// Every direct dependency is pinned exactly and has its reason beside it. Traits are emptied where the defaults would pull all
// of Foundation and ICU into the static build.
let dependencies: [Package.Dependency] = [
    // HTTP/1.1 channel, request and response types; routing and the listener are ours (contract §1 orders verdicts, design §2 opens
    // sockets).
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1", traits: []),
    // Event loops and channels under our own listener.
    .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
    // NIOHTTPTypes: the request and response parts that the connection handler sees.
    .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
    // Header fields, methods and statuses.
    .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
    // Start order, SIGTERM, graceful shutdown of the daemon's services.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    // TLS of the listener, and of the command line's way to the daemon. The HTTP client itself is ours, some 250 lines on NIO:
    // async-http-client brings HTTP/2, proxies, compression and tracing along, 3 MB of the executable.
    .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
    // Subcommands, help and completions.
    .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
    // One setting, three spellings: flag, environment, file.
    .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0", traits: []),
    // Log messages with fields.
    .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
    // Child processes: the tests drive the real executable with it.
    .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2", traits: []),
]

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For the rooms that wrap C: every unsafe use is marked where it stands.
let swiftOverC: [SwiftSetting] = swift + [.strictMemorySafety()]

extension Target.Dependency {
    static let hummingbird: [Self] = [.product(name: "HummingbirdCore", package: "hummingbird")]
    static let nio: [Self] = [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
    ]
    static let tls: [Self] = [
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ]
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let configuration: Self = .product(name: "Configuration", package: "swift-configuration")
    static let subprocess: Self = .product(name: "Subprocess", package: "swift-subprocess")
}

let package = Package(
    name: "latchkey",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "latchkey", targets: ["latchkey"]),
        .library(name: "LatchkeyVerifier", targets: ["LatchkeyVerifier"]),
    ],
    dependencies: dependencies,
    targets: [
        // floor 0
        .systemLibrary(name: "CLMDB", path: "Sources/CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // floor 1
        .target(name: "LatchkeyScopes", swiftSettings: swift),
        .target(name: "LatchkeyCrypto", dependencies: ["COpenSSL"], swiftSettings: swiftOverC),
        // floor 2
        .target(name: "LatchkeyVerifier", dependencies: ["LatchkeyCrypto", "LatchkeyScopes"], swiftSettings: swift),
        .target(name: "LatchkeyStore", dependencies: ["CLMDB"], swiftSettings: swiftOverC),
        // floor 3
        .target(
            name: "LatchkeyAuthority",
            dependencies: ["LatchkeyVerifier", "LatchkeyStore", "LatchkeyCrypto", "LatchkeyScopes", .logging],
            swiftSettings: swift
        ),
        // floor 4
        .target(
            name: "LatchkeyServer",
            dependencies: ["LatchkeyAuthority", "LatchkeyVerifier", "LatchkeyStore", "LatchkeyCrypto", "LatchkeyScopes"]
                + Target.Dependency.hummingbird + Target.Dependency.nio + Target.Dependency.tls
                + [.logging, .lifecycle, .signals, .configuration],
            swiftSettings: swift
        ),
        // floor 5
        .executableTarget(
            name: "latchkey",
            dependencies: [
                "LatchkeyServer", "LatchkeyAuthority", "LatchkeyVerifier", "LatchkeyStore", "LatchkeyCrypto", "LatchkeyScopes", .logging,
                .lifecycle, .configuration,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            // What is done once a call is compiled for size.
            swiftSettings: swift + [.unsafeFlags(["-Osize"], .when(configuration: .release))],
            // Full RELRO: every symbol is bound at start and the table made read-only. An executable has nothing to export, so that the
            // linker can drop what nothing calls; equal code is kept once, and relative relocations are packed (both need lld): 37.4 MB
            // become 31.0.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "now", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=all",
                        "-Xlinker", "-z",
                        // Packages name libraries of which nothing is used (libz).
                        "-Xlinker", "pack-relative-relocs", "-Xlinker", "--as-needed",
                    ], .when(platforms: [.linux])),
                // Tables for C++ exceptions, which nothing here throws, are left out: 5 MB. Swift keeps frame pointers, by which a debugger
                // finds its way.
                .unsafeFlags(
                    ["-Xlinker", "--no-eh-frame-hdr", "-Xlinker", "\(Context.packageDirectory)/packaging/release.ld"],
                    .when(platforms: [.linux], configuration: .release)),
            ]
        ),
        // Fills a store for the benchmark; delivered with nothing.
        .executableTarget(
            name: "latchkey-seed", dependencies: ["LatchkeyAuthority", "LatchkeyStore", "LatchkeyScopes", "LatchkeyVerifier"],
            path: "Tests/Benchmarks/Seed", swiftSettings: swift),
        // tests
        .testTarget(name: "LatchkeyScopesTests", dependencies: ["LatchkeyScopes"], swiftSettings: swift),
        .testTarget(name: "LatchkeyCryptoTests", dependencies: ["LatchkeyCrypto"], swiftSettings: swift),
        // The examples of the library's documentation, compiled as in a project that has no settings of its own; delivered with nothing.
        .target(
            name: "LatchkeyExamples",
            dependencies: [
                "LatchkeyVerifier", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Tests/Examples"),
        .testTarget(
            name: "LatchkeyVerifierTests",
            // Hummingbird's router for the middleware among the examples; the library itself knows no HTTP.
            dependencies: [
                "LatchkeyVerifier", "LatchkeyCrypto", "LatchkeyScopes", "LatchkeyExamples", .logging,
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ] + Target.Dependency.hummingbird,
            swiftSettings: swift
        ),
        .testTarget(name: "LatchkeyStoreTests", dependencies: ["LatchkeyStore"], swiftSettings: swift),
        .testTarget(
            name: "LatchkeyAuthorityTests",
            dependencies: ["LatchkeyAuthority", "LatchkeyVerifier", "LatchkeyStore", "LatchkeyCrypto", "LatchkeyScopes"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "LatchkeyServerTests",
            dependencies: [
                "LatchkeyServer", "LatchkeyAuthority", "LatchkeyVerifier", "LatchkeyStore", "LatchkeyCrypto", "LatchkeyScopes", .lifecycle,
                .logging,
            ]
                + Target.Dependency.hummingbird + Target.Dependency.nio + Target.Dependency.tls,
            swiftSettings: swift
        ),
        .testTarget(
            name: "latchkeyTests",
            dependencies: [
                "latchkey", "LatchkeyServer", "LatchkeyAuthority", "LatchkeyStore", "LatchkeyCrypto", "LatchkeyVerifier", "LatchkeyScopes",
                .subprocess, .lifecycle, .logging, .product(name: "NIOEmbedded", package: "swift-nio"),
            ]
                + Target.Dependency.nio,
            swiftSettings: swift
        ),
    ],
    swiftLanguageModes: [.v6]
)
