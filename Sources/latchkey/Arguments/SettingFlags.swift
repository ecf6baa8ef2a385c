import ArgumentParser
import LatchkeyServer

/// The command line's spelling of the daemon's settings. All are taken as text, so that a bad value is refused in the same words wherever
/// it came from.
struct SettingFlags: ParsableArguments {
    @Option(name: .setting(.stateDirectory), help: .setting("Directory of the store and the master key (required).", "dir"))
    var stateDirectory: String?

    @Option(name: .setting(.listen), help: .setting("Address to listen on; port 0 takes a free one (127.0.0.1:8787).", "host:port"))
    var listen: String?

    @Option(name: .setting(.adminSocket), help: .setting("Path of the admin socket (DIR/admin.sock).", "path"))
    var adminSocket: String?

    @Option(name: .setting(.issuer), help: .setting("Issuer of the tokens (http://HOST:PORT, https with TLS).", "url"))
    var issuer: String?

    @Option(name: .setting(.signingKeyBits), help: .setting("Size of new signing keys: 2048, 3072 or 4096 (3072).", "bits"))
    var signingKeyBits: String?

    @Option(name: .setting(.accessTokenTTL), help: .setting("Life of an access token (1h).", "time"))
    var accessTokenTTL: String?

    @Option(name: .setting(.refreshTokenTTL), help: .setting("Life of a refresh token, at most 30d (24h).", "time"))
    var refreshTokenTTL: String?

    @Option(name: .setting(.maxAccessTokenTTL), help: .setting("Longest life of an access token, at most 24h (24h).", "time"))
    var maxAccessTokenTTL: String?

    @Option(
        name: .setting(.refreshRetryWindow),
        help: .setting("How long a used refresh token gets the same answer again (10s; 0: never).", "time"))
    var refreshRetryWindow: String?

    @Option(name: .setting(.jwksMaxAge), help: .setting("How long verifiers may keep the JWKS (1h).", "time"))
    var jwksMaxAge: String?

    @Option(name: .setting(.rotationPeriod), help: .setting("How long a signing key signs (90d).", "time"))
    var rotationPeriod: String?

    @Option(
        name: .setting(.shortestStandby),
        help: .setting("How long a signing key is in the JWKS before it signs by plan (24h, or the rotation period if shorter).", "time"))
    var shortestStandby: String?

    @Option(name: .setting(.graceAfterUse), help: .setting("How long a signing key stays in the JWKS after its last token (72h).", "time"))
    var graceAfterUse: String?

    @Option(
        name: .setting(.maxBundleLife),
        help: .setting("Longest life of a trust bundle (30d, or the rotation period if shorter).", "time"))
    var maxBundleLife: String?

    @Option(
        name: .setting(.cutoverLegacyJWK), defaultAsFlag: "true",
        help: .setting("Show in the JWKS, during a cutover, that there is a legacy key; never the key (false).", "true|false"))
    var cutoverLegacyJWK: String?

    @Option(
        name: .setting(.cutoverSoak),
        help: .setting("How long nobody must have presented an HS256 token before a cutover ends them (90m).", "time"))
    var cutoverSoak: String?

    @Option(
        name: .setting(.cutoverHold),
        help: .setting("How long a cutover must have ended HS256 before its secret is destroyed (7d).", "time"))
    var cutoverHold: String?

    @Option(
        name: .setting(.auditRetention),
        help: .setting("Days that entries of the audit log are kept, and the most that an organisation may choose (0: for ever).", "days"))
    var auditRetention: String?

    @Option(
        name: .setting(.auditCheckpointEntries),
        help: .setting("Sign a checkpoint of the audit log after so many entries (1000; 0: not by their number).", "number"))
    var auditCheckpointEntries: String?

    @Option(
        name: .setting(.auditCheckpointMinutes),
        help: .setting("Sign one so many minutes after the first entry that none covers (60; 0: not by time).", "minutes"))
    var auditCheckpointMinutes: String?

    @Option(name: .setting(.planes), help: .setting("Planes of scopes beyond the built-in ones, joined by commas.", "names"))
    var planes: String?

    @Option(name: .setting(.trustedProxies), help: .setting("Addresses and networks of proxies whose X-Forwarded-For counts.", "list"))
    var trustedProxies: String?

    @Option(name: .setting(.adminGroup), help: .setting("Group whose members may use the admin socket (latchkey, if it exists).", "group"))
    var adminGroup: String?

    @Option(name: .setting(.masterKeyFile), help: .setting("File of the key that seals the signing keys (DIR/master.key).", "path"))
    var masterKeyFile: String?

    @Option(
        name: .setting(.allowPlaintext), defaultAsFlag: "true",
        help: .setting("Listen with plain HTTP beyond loopback (false).", "true|false"))
    var allowPlaintext: String?

    @Option(
        name: .setting(.certificateFile),
        help: .setting("Certificate to speak TLS with, in PEM form, with those between it and its authority after it.", "path"))
    var certificateFile: String?

    @Option(name: .setting(.certificateKeyFile), help: .setting("Private key of the certificate, in PEM form.", "path"))
    var certificateKeyFile: String?

    @Option(name: .setting(.logLevel), help: .setting("What the log tells: info, or debug with a line for each request (info).", "level"))
    var logLevel: String?

    @Option(
        name: .setting(.organisationTokensPerHour),
        help: .setting("Keys that hold everything, made by one root or from one client address, an hour (10; 0: no limit).", "number"))
    var organisationTokensPerHour: String?

    @Option(
        name: .setting(.requestsPerSecond), help: .setting("Requests a second from one client address (0: no limit).", "number"))
    var requestsPerSecond: String?

    @Option(
        name: .setting(.mintsPerHour),
        help: .setting("API keys and sub-agents an hour of one root, and of one client address (60; 0: no limit).", "n"))
    var mintsPerHour: String?

    var values: [Setting: String] {
        let values: [Setting: String?] = [
            .stateDirectory: stateDirectory, .listen: listen, .adminSocket: adminSocket, .issuer: issuer, .signingKeyBits: signingKeyBits,
            .accessTokenTTL: accessTokenTTL, .refreshTokenTTL: refreshTokenTTL, .maxAccessTokenTTL: maxAccessTokenTTL,
            .refreshRetryWindow: refreshRetryWindow, .jwksMaxAge: jwksMaxAge, .rotationPeriod: rotationPeriod,
            .shortestStandby: shortestStandby,
            .graceAfterUse: graceAfterUse, .maxBundleLife: maxBundleLife, .cutoverLegacyJWK: cutoverLegacyJWK, .cutoverSoak: cutoverSoak,
            .cutoverHold: cutoverHold, .auditRetention: auditRetention, .auditCheckpointEntries: auditCheckpointEntries,
            .auditCheckpointMinutes: auditCheckpointMinutes, .planes: planes,
            .trustedProxies: trustedProxies,
            .adminGroup: adminGroup, .masterKeyFile: masterKeyFile, .allowPlaintext: allowPlaintext, .mintsPerHour: mintsPerHour,
            .organisationTokensPerHour: organisationTokensPerHour, .requestsPerSecond: requestsPerSecond,
            .certificateFile: certificateFile, .certificateKeyFile: certificateKeyFile, .logLevel: logLevel,
        ]
        return values.compactMapValues { $0 }
    }
}

extension NameSpecification {
    fileprivate static func setting(_ setting: Setting) -> NameSpecification { .customLong(setting.rawValue) }
}

extension ArgumentHelp {
    fileprivate static func setting(_ abstract: String, _ valueName: String) -> ArgumentHelp {
        ArgumentHelp("\(abstract)", valueName: valueName)
    }
}
