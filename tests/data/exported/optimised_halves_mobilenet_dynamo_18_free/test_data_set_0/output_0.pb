Boutput_0JZc
?ί("?¬eƒΏRγΪ>*¦?λ2eΏYις>