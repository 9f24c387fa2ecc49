package llava4j.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import llava4j.server.http.TlsFiles;

/// A certificate for this machine that vouches for itself, and its key.
record TlsPair(TlsFiles files, Certificate certificate) {
  private static final char[] PASSWORD = "password".toCharArray();

  /// Writes `NAME.crt` and `NAME.key` into a folder.
  ///
  /// @param options of keytool
  static TlsPair make(Path folder, String name, String... options)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = folder.resolve(name + ".p12");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD),
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1"));
    command.addAll(List.of(options));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException(said);
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    Certificate certificate = keys.getCertificate("a");
    TlsFiles files = new TlsFiles(folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
    write(files.certificate(), "CERTIFICATE", certificate.getEncoded());
    write(files.key(), "PRIVATE KEY", keys.getKey("a", PASSWORD).getEncoded());
    return new TlsPair(files, certificate);
  }

  private static void write(Path file, String title, byte[] content) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(("-----BEGIN " + title + "-----\n").getBytes(StandardCharsets.US_ASCII));
      out.write(Base64.getMimeEncoder().encode(content));
      out.write(("\n-----END " + title + "-----\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  /// For clients that trust this certificate and no other.
  SSLContext trusting() throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("a", certificate);
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
