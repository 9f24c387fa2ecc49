package llava4j.examples;

import java.util.Map;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeTypeUtils;

/// A Spring Boot application asks about an image: `SpringAiImage MODEL IMAGE QUESTION`. An
/// application of your own has the model in its properties: `llava.model=models/llava-tiny`.
@EnableAutoConfiguration
public class SpringAiImage {

  public static void main(String[] arguments) {
    SpringApplication application = new SpringApplication(SpringAiImage.class);
    application.setDefaultProperties(
        Map.of(
            "llava.model",
            arguments[0],
            "spring.main.banner-mode",
            "off",
            "logging.level.root",
            "warn"));
    try (ConfigurableApplicationContext context = application.run()) {
      ChatClient client = ChatClient.create(context.getBean(ChatModel.class));
      System.out.println(
          client
              .prompt()
              .user(user ->
                  user.text(arguments[2])
                      .media(MimeTypeUtils.IMAGE_PNG, new FileSystemResource(arguments[1])))
              .call()
              .content());
    }
  }
}
