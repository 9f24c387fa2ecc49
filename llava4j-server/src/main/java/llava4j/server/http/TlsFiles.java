package llava4j.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.X509KeyManager;
import llava4j.error.BadInputException;

/// Files of a certificate and its private key.
///
/// @param certificate PEM: the server's, then those that vouch for it
/// @param key PEM, not encrypted
public record TlsFiles(Path certificate, Path key) {

  /// What the files held at some time.
  record Content(byte[] certificate, byte[] key) {
    boolean isSame(Content other) {
      return Arrays.equals(certificate, other.certificate) && Arrays.equals(key, other.key);
    }
  }

  /// @throws BadInputException if a file cannot be read
  Content read() {
    return new Content(
        read(certificate, "the certificate", "--tls-cert"),
        read(key, "the private key", "--tls-key"));
  }

  private static byte[] read(Path file, String what, String option) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new BadInputException(
          "cannot read "
              + what
              + " "
              + file
              + " ("
              + e.getClass().getSimpleName().replace("Exception", "")
              + "); check "
              + option,
          e);
    }
  }

  /// Checks that a client could accept the certificate, as far as the server can know.
  ///
  /// @throws BadInputException if the content is no certificate or no key, if they do not belong
  ///   together, or if the certificate is not valid today
  PemKeyCertOptions options(Vertx vertx, Content content) {
    X509Certificate own = certificate(content.certificate());
    PemKeyCertOptions options =
        new PemKeyCertOptions()
            .setCertValue(Buffer.buffer(content.certificate()))
            .setKeyValue(Buffer.buffer(content.key()));
    PublicKey open = own.getPublicKey();
    PrivateKey secret = privateKey(vertx, options, content.key());
    if (!belong(open, secret)) {
      throw notTogether(null);
    }
    return options;
  }

  private BadInputException notTogether(Exception cause) {
    return new BadInputException(
        "the private key "
            + key
            + " does not belong to the certificate "
            + certificate
            + "; give the key with which the certificate was made",
        cause);
  }

  private X509Certificate certificate(byte[] pem) {
    try {
      X509Certificate own =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(pem));
      own.checkValidity();
      return own;
    } catch (CertificateExpiredException e) {
      throw new BadInputException("the certificate " + certificate + " has expired; renew it", e);
    } catch (CertificateNotYetValidException e) {
      throw new BadInputException(
          "the certificate "
              + certificate
              + " is not valid yet; check this machine's clock, or wait",
          e);
    } catch (CertificateException e) {
      throw new BadInputException(
          certificate + " is no certificate in PEM; it must begin with -----BEGIN CERTIFICATE-----",
          e);
    }
  }

  private PrivateKey privateKey(Vertx vertx, PemKeyCertOptions options, byte[] pem) {
    if (new String(pem, StandardCharsets.ISO_8859_1).contains("ENCRYPTED")) {
      throw new BadInputException(
          "the private key "
              + key
              + " is encrypted; write it without a passphrase (openssl pkey -in FILE -out NEW)");
    }
    try {
      X509KeyManager keys =
          (X509KeyManager) options.getKeyManagerFactory(vertx).getKeyManagers()[0];
      return keys.getPrivateKey(options.loadKeyStore(vertx).aliases().nextElement());
    } catch (Exception e) { // the library declares no other
      if (String.valueOf(e.getMessage()).contains("does not match")) { // say, RSA and EC
        throw notTogether(e);
      }
      throw new BadInputException(
          key
              + " is no private key in PEM; it must begin with -----BEGIN PRIVATE KEY-----, as"
              + " openssl pkey writes it",
          e);
    }
  }

  /// Whether the public key verifies what the private one has signed.
  private static boolean belong(PublicKey open, PrivateKey secret) {
    if (!open.getAlgorithm().equals(secret.getAlgorithm())) {
      return false;
    }
    String algorithm =
        switch (open.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> open.getAlgorithm(); // EdDSA
        };
    try {
      byte[] text = "llava4j".getBytes(StandardCharsets.US_ASCII);
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(secret);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(open);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }
}
